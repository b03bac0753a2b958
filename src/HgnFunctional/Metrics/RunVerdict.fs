namespace HgnFunctional.Metrics

open HgnFunctional
open HgnFunctional.Bodies
open HgnFunctional.Models
open HgnFunctional.Integrators

/// How far a run went from what its model knows.
[<RequireQualifiedAccess>]
module OutOfRange =

    /// The fraction of the invariants of all states that lie outside their range in training.
    let observer (structure: Structure) (model: TrainedModel) : Observer<float> =
        let count = Model.outsideCounter structure model

        Observer.fold
            (fun (struct (outside, total)) _ (state: PhaseState) ->
                let struct (here, all) = count state
                struct (outside + int64 here, total + int64 all))
            (struct (0L, 0L))
        |> Observer.map (fun (struct (outside, total)) -> float outside / float (max 1L total))

/// Whether a run is to be trusted.
[<RequireQualifiedAccess>]
module RunVerdict =

    /// More than this out of range is worth a word.
    let private mostOutOfRange = 0.01

    /// A drift of the energy above this part of the motion is no rounding and no fault of the order of a method.
    let private mostDrift = 0.1

    /// The reasons not to trust a run, from what it conserved and, if its Hamiltonian was learned, the fraction of invariants that
    /// were out of range.
    let warnings (conservation: Conservation) (outOfRange: float option) : Warning list =
        [
            match outOfRange with
            | Some fraction when fraction > mostOutOfRange -> OutOfRange fraction
            | _ -> ()

            if not (conservation.EnergyDriftMax <= mostDrift) then
                EnergyChanged conservation.EnergyDriftMax
        ]
