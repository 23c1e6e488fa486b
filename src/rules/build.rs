//! Builds again when a rule is added: the compiler only knows of the rule files that were there.

fn main() {
    println!("cargo::rerun-if-changed=src/rules");
}
