"""What several pages share: the server's routes, the theme, pickers, forms and the latent canvas."""
