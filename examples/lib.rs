//! Programs that embed Wareroom; each says in its first lines what it shows and how to run it. This file is here and empty
//! because cargo asks every package for a library or a program.
