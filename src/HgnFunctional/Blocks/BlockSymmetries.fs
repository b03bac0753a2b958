namespace HgnFunctional.Blocks

/// What leaves the features of a block alone. The tests check each law on the blocks that claim it.
type BlockSymmetries =
    {
        /// Moving all bodies together.
        Translations: bool
        /// Turning all bodies and momenta together.
        Rotations: bool
        /// Mirroring all bodies and momenta.
        Reflections: bool
        /// Renumbering the bodies.
        Permutations: bool
        /// Two far-apart systems add, and a body without neighbours feels no force.
        Additive: bool
    }

/// Symmetries of blocks.
[<RequireQualifiedAccess>]
module BlockSymmetries =

    /// Those of features of invariants.
    let all: BlockSymmetries =
        { Translations = true; Rotations = true; Reflections = true; Permutations = true; Additive = true }

    /// Those of features of coordinates as they are.
    let none: BlockSymmetries =
        {
            Translations = false
            Rotations = false
            Reflections = false
            Permutations = false
            Additive = false
        }
