//! What was typed, as it was posted: pairs in their order, names may repeat.

/// The posted pairs.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'a>(pub &'a [(String, String)]);

impl<'a> Typed<'a> {
    /// Every value of one name.
    pub fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(posted, _)| posted == name)
            .map(|(_, text)| text.as_str())
    }

    /// The first value of one name, or nothing.
    pub fn first(self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// Each pair, and how many pairs of the same name stand before it.
    pub fn numbered(self) -> impl Iterator<Item = (&'a str, usize, &'a str)> {
        self.0.iter().enumerate().map(move |(at, (name, text))| {
            let before = self.0[..at]
                .iter()
                .filter(|(earlier, _)| earlier == name)
                .count();
            (name.as_str(), before, text.as_str())
        })
    }
}
