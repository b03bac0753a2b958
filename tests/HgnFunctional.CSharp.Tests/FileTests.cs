using System.IO;
using Expecto;
using Expecto.CSharp;

namespace HgnFunctional.CSharp.Tests;

internal static class FileTests
{
    internal static Test All => Runner.TestList(
        "model files",
        [
            Runner.TestCase("a model that was saved and loaded is the same to the last bit", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.json");
                    Given.RingModel.Save(path);
                    var loaded = HgnModel.Load(path);
                    var state = Given.Start(Given.Ring, 77);
                    Check.Equal(Given.RingModel.On(Given.Ring).Energy(state), loaded.On(Given.Ring).Energy(state), "energy");
                    Check.Sequence(Given.RingModel.Fits, loaded.Fits, "fits");
                    Check.Equal(Given.RingModel.DataHash, loaded.DataHash, "hash of the data");
                });
            }),
            Runner.TestCase("a file is known by what it holds, not by its name", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.gz");
                    Given.RingModel.Save(path);
                    var renamed = Path.Combine(folder, "input.data");
                    File.Move(path, renamed);
                    Check.That(FileSummary.Read(renamed) is FileSummary.OfModel { Model.Frames: 20 }, "a compressed model");
                    File.WriteAllText(renamed, "Iron" + File.ReadAllText(Given.File("chain8.data")));
                    Check.That(FileSummary.Read(renamed) is FileSummary.OfData { Bodies: 8 }, "a data file with a title like a dump");
                });
            }),
            Runner.TestCase("TryLoad and TrySave say why instead of throwing", () =>
            {
                Given.InFolder(folder =>
                {
                    var path = Path.Combine(folder, "ring.json");
                    Check.That(!HgnModel.TryLoad(path, out var model, out var reason) && model is null, "there is no file");
                    Check.That(reason!.StartsWith(path), $"the reason names the file: {reason}");
                    Check.That(!Given.RingModel.TrySave(Path.Combine(folder, "no", "ring.json"), out reason) && reason.Contains("ring.json"), "no folder");
                    Check.That(Given.RingModel.TrySave(path, out reason) && reason is null, "saved");
                    Check.That(HgnModel.TryLoad(path, out model, out reason) && model.Frames == 20 && reason is null, "loaded");
                    File.WriteAllText(path, "{}");
                    Check.That(!HgnModel.TryLoad(path, out _, out reason), "damaged");
                    Check.Throws<HgnInputException>(() => HgnModel.Load(path), reason!);
                });
            }),
        ]);
}
