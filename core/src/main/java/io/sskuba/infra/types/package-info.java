/// Published types of the providers' packages, and the check of plans against them.
@NullMarked
package io.sskuba.infra.types;

import org.jspecify.annotations.NullMarked;
