//! What the server kept, as an operator sees it.

use serde_json::Value;

use crate::server::Machine;

impl Machine {
    /// Every entry of the ledger.
    pub(crate) fn kept(&self) -> Vec<Value> {
        let lines = self.verb(&["submissions", "export", "--format", "jsonl"]);
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
