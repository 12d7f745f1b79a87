/// A vCenter as the file's credentials show it: looked at before anything is made, listed by tag,
/// asked whether something is gone, and given images of our own.
@NullMarked
package io.sskuba.clouds.vsphere;

import org.jspecify.annotations.NullMarked;
