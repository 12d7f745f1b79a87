/// AWS: S3, KMS, Secrets Manager.
@NullMarked
package io.sskuba.clouds.aws;

import org.jspecify.annotations.NullMarked;
