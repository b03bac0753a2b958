using System;
using System.IO;
using System.Linq;
using HgnFunctional.CSharp;

/// <summary>The four steps of a training by themselves, on files: in two shares, kept, and solved again when more data has come.
/// Run as <c>dotnet run --project tests/HgnFunctional.Samples -- parts tests/data FOLDER</c>.</summary>
internal static class PartsSample
{
    internal static void Run(string data, string folder)
    {
        Dataset Springs(int first, int last) =>
            Dataset.FromFiles(new TrajectoryData
            {
                Files = [Path.Combine(data, "spring_2x2x2.lammpstrj")],
                TopologyFile = Path.Combine(data, "spring_2x2x2.data"),
                FirstFrame = first,
                LastFrame = last,
            });

        string At(string name) => Path.Combine(folder, name);

        // What the data hold, and which laws they want.
        var today = Springs(0, 39);
        TrainingSurvey.Of(today).Plan().Save(At("plan"));

        // The rows, in two shares: these could be two processes, or two machines.
        foreach (var number in Enumerable.Range(0, 2))
        {
            TrainingPlan.Load(At("plan")).Accumulate(today, new TrainingShard(number, 2)).Save(At($"rows{number}"));
        }

        var plan = TrainingPlan.Load(At("plan"));
        var rows = TrainingAccumulation.Merge(TrainingAccumulation.Load(At("rows1"), plan), TrainingAccumulation.Load(At("rows0"), plan));
        rows.Save(At("rows"));
        var first = rows.Solve();
        Console.WriteLine($"from {rows.Frames} frames in two shares: force error {first.Report.RelativeForceError:E1}");

        // It is the model of one training, to the last byte.
        first.Model.Save(At("first.json"));
        HgnModel.Train(today).Model.Save(At("whole.json"));
        Console.WriteLine($"the same file as from one training: {File.ReadAllBytes(At("first.json")).SequenceEqual(File.ReadAllBytes(At("whole.json")))}");

        // A day later: only the new frames are read.
        var more = TrainingAccumulation.Load(At("rows"), TrainingPlan.Load(At("plan"))).Add(Springs(40, 79));
        var second = more.Solve();
        Console.WriteLine($"from {second.Model.Frames} frames: force error {second.Report.RelativeForceError:E1}");
    }
}
