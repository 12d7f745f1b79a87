/// Images of machines that nobody publishes: which ones a cluster file needs, what they are made
/// of, and the port of the accounts that keep them.
@NullMarked
package io.sskuba.images;

import org.jspecify.annotations.NullMarked;
