/// Azure: Blob Storage, Key Vault.
@NullMarked
package io.sskuba.clouds.azure;

import org.jspecify.annotations.NullMarked;
