//! The lines of what a milter must get right that no case of the table shows.
