// What an NVIDIA card does in one kernel here where torch takes several: see kernels.py.

// The sum over a block of a multiple of 32 threads, in its first thread.
__device__ float summed(float value) {
  __shared__ float parts[32];
  for (int far = 16; far > 0; far /= 2) value += __shfl_down_sync(0xffffffffu, value, far);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  value = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0.0f;
  for (int far = 16; far > 0; far /= 2) value += __shfl_down_sync(0xffffffffu, value, far);
  return value;
}

// A block for each row of logits [blocks, width]; targets [rows, width] begin anew after their last row.
extern "C" __global__ void cross_entropy(
    const float* logits, const float* targets, float* sums, int width, int rows) {
  const float* x = logits + (long long)blockIdx.x * width;
  const float* t = targets + (long long)(blockIdx.x % rows) * width;
  float sum = 0.0f;
  for (int i = threadIdx.x; i < width; i += blockDim.x)
    sum += fmaxf(x[i], 0.0f) - x[i] * t[i] + log1pf(expf(-fabsf(x[i])));
  sum = summed(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

extern "C" __global__ void cross_entropy_back(
    const float* logits, const float* targets, const float* given, float* back, int width, int rows) {
  const float* x = logits + (long long)blockIdx.x * width;
  const float* t = targets + (long long)(blockIdx.x % rows) * width;
  float* to = back + (long long)blockIdx.x * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x)
    to[i] = given[blockIdx.x] * (1.0f / (1.0f + expf(-x[i])) - t[i]);
}

// A block for each row; rows of means lie `stride` numbers apart.
extern "C" __global__ void kl(const float* mean, const float* log_variance, float* sums, int width, int stride) {
  const float* m = mean + (long long)blockIdx.x * stride;
  const float* v = log_variance + (long long)blockIdx.x * width;
  float sum = 0.0f;
  for (int i = threadIdx.x; i < width; i += blockDim.x) sum += 0.5f * (m[i] * m[i] + expf(v[i]) - v[i] - 1.0f);
  sum = summed(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

extern "C" __global__ void kl_back(
    const float* mean, const float* log_variance, const float* given, float* to_mean, float* to_log_variance,
    int width, int stride, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  to_mean[i] = given[i / width] * mean[(long long)(i / width) * stride + i % width];
  to_log_variance[i] = given[i / width] * 0.5f * (expf(log_variance[i]) - 1.0f);
}

extern "C" __global__ void draw(
    const float* mean, const float* log_variance, const float* noise, float* codes, int width, int stride, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  codes[i] = mean[(long long)(i / width) * stride + i % width] + expf(0.5f * log_variance[i]) * noise[i];
}

extern "C" __global__ void draw_back(
    const float* given, const float* log_variance, const float* noise, float* to_log_variance, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) to_log_variance[i] = given[i] * noise[i] * 0.5f * expf(0.5f * log_variance[i]);
}

// Blocks of 32 x 8 threads, each for 32 columns of one of gridDim.y matrices [rows, width].
extern "C" __global__ void column_sums(const float* matrices, float* sums, int rows, int width) {
  __shared__ float parts[8][32];
  const float* matrix = matrices + (long long)blockIdx.y * rows * width;
  int column = blockIdx.x * 32 + threadIdx.x;
  float sum = 0.0f;
  if (column < width)
    for (int row = threadIdx.y; row < rows; row += 8) sum += matrix[(long long)row * width + column];
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || column >= width) return;
  for (int i = 1; i < 8; i++) sum += parts[i][threadIdx.x];
  sums[(long long)blockIdx.y * width + column] = sum;
}

struct Step {
  float decayed, size, unbiased, beta1, beta2, epsilon;

  __device__ void take(float& weight, float gradient, float& mean, float& square) const {
    mean += (gradient - mean) * (1.0f - beta1);
    square = beta2 * square + (1.0f - beta2) * gradient * gradient;
    weight = weight * decayed - size * mean / (sqrtf(square) * unbiased + epsilon);
  }
};

// One parameter: weights, gradient, moments, the number of steps so far, how many numbers, weight decay.
#define SLOT(k) float *w##k, const float *g##k, float *m##k, float *v##k, const float *t##k, int n##k, double d##k
#define TAKE(k) case k: w = w##k; g = g##k; m = m##k; v = v##k; t = t##k; n = n##k; d = d##k; break

// Up to 8 parameters, one for each row of blocks, whose tensors begin at multiples of 16 bytes.
extern "C" __global__ void adamw(
    SLOT(0), SLOT(1), SLOT(2), SLOT(3), SLOT(4), SLOT(5), SLOT(6), SLOT(7),
    const float* rate, double first, double second, double least) {
  float *w, *m, *v;
  const float *g, *t;
  int n;
  float d, beta1 = first, beta2 = second, epsilon = least;
  switch (blockIdx.y) {
    TAKE(0); TAKE(1); TAKE(2); TAKE(3); TAKE(4); TAKE(5); TAKE(6); TAKE(7);
    default: return;
  }
  if (blockIdx.x * blockDim.x * 4 >= n) return;
  Step step = {1.0f - *rate * d, *rate / (1.0f - powf(beta1, *t)), rsqrtf(1.0f - powf(beta2, *t)), beta1, beta2, epsilon};
  long long all = (long long)gridDim.x * blockDim.x * 4;
  for (long long i = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * 4; i < n; i += all) {
    if (i + 4 > n) {
      for (; i < n; i++) step.take(w[i], g[i], m[i], v[i]);
      return;
    }
    float4 a = *(float4*)(w + i), b = *(const float4*)(g + i), c = *(float4*)(m + i), e = *(float4*)(v + i);
    step.take(a.x, b.x, c.x, e.x);
    step.take(a.y, b.y, c.y, e.y);
    step.take(a.z, b.z, c.z, e.z);
    step.take(a.w, b.w, c.w, e.w);
    *(float4*)(w + i) = a;
    *(float4*)(m + i) = c;
    *(float4*)(v + i) = e;
  }
}
