"""Small tools behind the shell scripts: stamps, the build hook, the drawn pages. Nothing of the product imports them."""
