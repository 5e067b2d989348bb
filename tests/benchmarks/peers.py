"""The libraries that the lab is measured against, each set up as its own documentation does.

    python peers.py NAME MODEL BATCH EPOCHS IMAGES.npy

    python peers.py quality MODEL EPOCHS IMAGES.npy TEST_IMAGES.npy

Runs in an environment of its own (requirements.txt beside this file) and imports nothing of the lab. Prints one line of
JSON: seconds of each epoch, peak memory in MB; of `quality` the seconds of all epochs and what the test images say.

    plain    a Dataset that gives image by image as torchvision's ToTensor does, a DataLoader, Adam, a loop
             (pytorch/examples, vae)
    pythae   TrainingPipeline with BaseTrainerConfig, images as one array in [0, 1]
    keras    a model with its own train_step and fit() on one array (keras.io, "Variational AutoEncoder")

    vae      784-400-20, ReLU, cross-entropy summed over pixels plus KL
    conv     3x3 convolutions of stride 2 with 16 and 32 channels and batch normalisation, a code of 32, and back by 4x4
             transposed convolutions; cross-entropy
"""

import json
import os
import resource
import sys
import tempfile
import time

import numpy as np

SIZE, HIDDEN, LATENT, CODE = 784, 400, 20, 32


def vae_layers():
    from torch import nn

    encoder = nn.Sequential(nn.Flatten(), nn.Linear(SIZE, HIDDEN), nn.ReLU())
    decoder = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, SIZE))
    return encoder, nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT), decoder


def conv_layers():
    from torch import nn

    def step(layer, channels):
        return layer, nn.BatchNorm2d(channels), nn.SiLU()

    encoder = nn.Sequential(
        *step(nn.Conv2d(1, 16, 3, 2, 1, bias=False), 16),
        *step(nn.Conv2d(16, 32, 3, 2, 1, bias=False), 32),
        nn.Flatten(),
        nn.Linear(1568, CODE),
    )
    decoder = nn.Sequential(
        nn.Linear(CODE, 1568),
        *step(nn.Unflatten(1, (32, 7, 7)), 32),
        *step(nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), 16),
        nn.ConvTranspose2d(16, 1, 4, 2, 1),
    )
    return encoder, decoder


def plain(model, batch, epochs, images, device="cpu"):
    import torch
    from torch import nn
    from torch.nn import functional
    from torch.utils.data import DataLoader, Dataset

    class Pictures(Dataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, index):
            return torch.from_numpy(images[index]).float().div(255)

    class Vae(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.mean, self.log_variance, self.decoder = vae_layers()

        def loss(self, x):
            hidden = self.encoder(x)
            mean, log_variance = self.mean(hidden), self.log_variance(hidden)
            code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
            logits = self.decoder(code)
            error = functional.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="sum")
            return error - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())

    class Conv(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = conv_layers()

        def loss(self, x):
            return functional.binary_cross_entropy_with_logits(self.decoder(self.encoder(x)), x, reduction="sum")

    network = {"vae": Vae, "conv": Conv}[model]().to(device)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    loader = DataLoader(Pictures(), batch, shuffle=True)
    times, stepped = [], False
    for _ in range(epochs):
        began = time.perf_counter()
        for x in loader:
            x = x.to(device)
            optimiser.zero_grad()
            network.loss(x).div(len(x)).backward()
            optimiser.step()
            if not stepped:
                stepped = True
                print("first step at", time.time(), file=sys.stderr, flush=True)
        times.append(time.perf_counter() - began)
    return times


def pythae(model, batch, epochs, images):
    import torch
    from pythae.models import AE, VAE, AEConfig, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Timed(TrainingCallback):
        times, began = [], 0.0

        def on_epoch_begin(self, training_config, **kwargs):
            self.began = time.perf_counter()

        def on_epoch_end(self, training_config, **kwargs):
            self.times.append(time.perf_counter() - self.began)

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.latent_dim = LATENT if model == "vae" else CODE
            if model == "vae":
                self.layers, self.mean, self.log_variance, _ = vae_layers()
            else:
                self.layers, _ = conv_layers()

        def forward(self, x):
            hidden = self.layers(x)
            if model == "conv":
                return ModelOutput(embedding=hidden)
            return ModelOutput(embedding=self.mean(hidden), log_covariance=self.log_variance(hidden))

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = vae_layers()[-1] if model == "vae" else conv_layers()[1]

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)).reshape(-1, 1, 28, 28))

    if model == "vae":
        config = VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENT, reconstruction_loss="bce")
        network = VAE(config, Encoder(), Decoder())
    else:
        network = AE(AEConfig(input_dim=(1, 28, 28), latent_dim=CODE), Encoder(), Decoder())
    timed = Timed()
    with tempfile.TemporaryDirectory() as folder:
        training = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=epochs,
            learning_rate=1e-3,
            per_device_train_batch_size=batch,
            optimizer_cls="Adam",
            no_cuda=True,
        )
        TrainingPipeline(model=network, training_config=training)(images.astype(np.float32) / 255, callbacks=[timed])
    return timed.times


def keras(model, batch, epochs, images):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import keras
    import tensorflow as tf
    from keras import layers, ops

    class Timed(keras.callbacks.Callback):
        times, began = [], 0.0

        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.times.append(time.perf_counter() - self.began)

    class Vae(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = keras.Sequential([layers.Flatten(), layers.Dense(HIDDEN, activation="relu")])
            self.mean, self.log_variance = layers.Dense(LATENT), layers.Dense(LATENT)
            self.decoder = keras.Sequential(
                [layers.Dense(HIDDEN, activation="relu"), layers.Dense(SIZE, activation="sigmoid")]
            )
            self.seed = keras.random.SeedGenerator(0)

        def train_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            with tf.GradientTape() as tape:
                hidden = self.encoder(x)
                mean, log_variance = self.mean(hidden), self.log_variance(hidden)
                chance = keras.random.normal(ops.shape(mean), seed=self.seed)
                made = self.decoder(mean + ops.exp(0.5 * log_variance) * chance)
                flat = ops.reshape(x, (-1, SIZE))
                error = ops.mean(ops.sum(ops.binary_crossentropy(flat, made), axis=-1))
                kl = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
                loss = error + ops.mean(ops.sum(kl, axis=1))
            self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
            return {"loss": loss}

    def convolutional():
        return keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(16, 3, 2, "same", use_bias=False),
                layers.BatchNormalization(),
                layers.Activation("silu"),
                layers.Conv2D(32, 3, 2, "same", use_bias=False),
                layers.BatchNormalization(),
                layers.Activation("silu"),
                layers.Flatten(),
                layers.Dense(CODE),
                layers.Dense(1568),
                layers.Reshape((7, 7, 32)),
                layers.BatchNormalization(),
                layers.Activation("silu"),
                layers.Conv2DTranspose(16, 4, 2, "same", use_bias=False),
                layers.BatchNormalization(),
                layers.Activation("silu"),
                layers.Conv2DTranspose(1, 4, 2, "same", activation="sigmoid"),
            ]
        )

    x = images.transpose(0, 2, 3, 1).astype("float32") / 255
    timed = Timed()
    if model == "vae":
        network = Vae()
        network.compile(optimizer=keras.optimizers.Adam(1e-3))
        network.fit(x, epochs=epochs, batch_size=batch, verbose=0, callbacks=[timed])
    else:
        network = convolutional()
        network.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
        network.fit(x, x, epochs=epochs, batch_size=batch, verbose=0, callbacks=[timed])
    return timed.times


def quality(model, epochs, images, test):
    """pythae's own networks (784-512-code) by its own training, at the batch size and rate of the other tables."""
    import torch
    from pythae.models import AE, VAE, AEConfig, VAEConfig
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig

    torch.manual_seed(0)
    if model == "vae":
        network = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=20, reconstruction_loss="bce"))
    else:
        network = AE(AEConfig(input_dim=(1, 28, 28), latent_dim=30))
    with tempfile.TemporaryDirectory() as folder:
        training = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=epochs,
            learning_rate=1e-3,
            per_device_train_batch_size=128,
            optimizer_cls="Adam",
            no_cuda=True,
        )
        train = images.astype(np.float32) / 255
        began = time.perf_counter()
        TrainingPipeline(model=network, training_config=training)(train)
        seconds = time.perf_counter() - began
    return seconds, measured(network.eval(), model, torch.from_numpy(test.astype(np.float32) / 255))


def measured(network, model, test):
    """-ELBO in nats, one draw for each image, or the squared error summed over pixels: means over all images."""
    import torch
    from torch.nn import functional

    total = 0.0
    with torch.no_grad():
        for x in test.split(500):
            said = network.encoder(x)
            if model == "vae":
                mean, log_variance = said.embedding, said.log_covariance
                made = network.decoder(mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)).reconstruction
                total += float(functional.binary_cross_entropy(made.clamp(0, 1), x, reduction="sum"))
                total += float(-0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum())
            else:
                total += float((network.decoder(said.embedding).reconstruction - x).square().sum())
    return total / len(test)


def main():
    said = sys.stdout
    sys.stdout = sys.stderr
    if sys.argv[1] == "quality":
        _, _, model, epochs, images, test = sys.argv
        seconds, value = quality(model, int(epochs), np.load(images), np.load(test))
        print(json.dumps({"seconds": seconds, "value": value}), file=said)
        return
    name, model, batch, epochs, path = sys.argv[1:]
    times = {"plain": plain, "pythae": pythae, "keras": keras}[name](model, int(batch), int(epochs), np.load(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"epochs": times, "peak_mb": peak}), file=said)


if __name__ == "__main__":
    main()
