namespace HgnFunctional.Systems

open HgnFunctional
open HgnFunctional.Numerics
open HgnFunctional.Bodies

/// Seeded starts for simulations.
[<RequireQualifiedAccess>]
module InitialState =

    /// Bodies near the sites of a lattice: each coordinate is displaced uniformly by at most `displacement`, and velocities
    /// are normal with standard deviation `speed`, with the total momentum removed.
    let perturbed (displacement: float) (speed: float) (seed: int) (structure: Structure) (sites: float[]) : PhaseState =
        let components = structure.Bodies * structure.Dimension
        Guard.length (nameof sites) components sites.Length
        let shifts = Rng.stream seed "displacements" |> Rng.uniforms components -displacement displacement
        let speeds = Rng.stream seed "velocities" |> Rng.normals components |> Array.map (fun x -> speed * x)
        let masses = structure.Masses.ToArray()
        let momenta = speeds |> Array.mapi (fun k v -> masses[k / structure.Dimension] * v)
        let total axis = Seq.sum (seq { for body in 0 .. structure.Bodies - 1 -> momenta[body * structure.Dimension + axis] })
        let drift = Array.init structure.Dimension (fun axis -> total axis / Array.sum masses)

        let momenta = momenta |> Array.mapi (fun k p -> p - masses[k / structure.Dimension] * drift[k % structure.Dimension])

        PhaseState.create structure.Bodies structure.Dimension (Array.map2 (+) sites shifts) momenta
