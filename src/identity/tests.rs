//! Records of small manifests, field by field.
