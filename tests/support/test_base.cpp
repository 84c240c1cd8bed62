// SPDX-License-Identifier: MIT
// Empty: a library must have a source, and this one exists for its precompiled header.
