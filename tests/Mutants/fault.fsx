/// A small deliberate fault, with which the tests must fail.
type Fault =
    {
        /// What it is called, as an argument of the build target.
        Name: string
        /// The file it is in, from the root of the repository.
        File: string
        /// Text that stands in the file exactly once.
        Original: string
        /// What stands there instead.
        Fault: string
        /// The law that should notice, in words.
        Law: string
    }
