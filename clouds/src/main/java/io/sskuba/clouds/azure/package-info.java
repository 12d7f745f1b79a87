/// Azure: a subscription as it is seen before and after a cluster, its gallery of images; Blob
/// Storage, Key Vault.
@NullMarked
package io.sskuba.clouds.azure;

import org.jspecify.annotations.NullMarked;
