"""Small tools behind the shell scripts: stamps, the build hook, the drawn pages. The product imports none of them."""
