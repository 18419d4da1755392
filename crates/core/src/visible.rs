//! Characters that steer, hide or reorder what a person reads: on a terminal and on a page they are shown, not obeyed.

/// Does this character move a cursor, hide, or change the direction of what stands around it?
#[must_use]
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}
