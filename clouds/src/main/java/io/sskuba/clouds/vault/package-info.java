/// HashiCorp Vault and OpenBao: key-value secrets and the transit engine, by their HTTP API.
@NullMarked
package io.sskuba.clouds.vault;

import org.jspecify.annotations.NullMarked;
