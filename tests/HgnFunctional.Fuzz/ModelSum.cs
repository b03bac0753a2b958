using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HgnFunctional.Fuzz;

/// <summary>Makes the checksum of an edited model right again, as anyone can: it is the SHA-256 of the fields that the library knows, in
/// its order, without blanks. Fields and order are learned from models that the library wrote.</summary>
internal sealed class ModelSum
{
    private const string Field = "checksum";

    /// <summary>The names of fields in order, by the path of the object that has them.</summary>
    private readonly Dictionary<string, List<string>> known = [];

    internal ModelSum(IEnumerable<byte[]> models)
    {
        foreach (var model in models)
        {
            Learn("", JsonNode.Parse(model)!);
        }
    }

    /// <summary>The model with the right checksum; unchanged if it is no JSON object at all.</summary>
    internal byte[] Repaired(byte[] model)
    {
        try
        {
            if (JsonNode.Parse(model) is not JsonObject edited)
            {
                return model;
            }

            edited.Remove(Field);
            var plain = Canonical("", edited)!.ToJsonString();
            edited[Field] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plain)));
            return Encoding.UTF8.GetBytes(edited.ToJsonString());
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            // No JSON, a field twice, or half a surrogate pair: then there is no sum to make right.
            return model;
        }
    }

    private void Learn(string path, JsonNode node)
    {
        if (node is JsonArray entries)
        {
            foreach (var entry in entries)
            {
                Learn(path, entry!);
            }
        }
        else if (node is JsonObject fields)
        {
            var names = fields.Select(field => field.Key).Where(name => name != Field).ToList();
            var before = known.GetValueOrDefault(Of(path, fields), []);
            // A field that only some models have stands in the longer list.
            known[Of(path, fields)] = names.Count > before.Count ? names : before;

            foreach (var (name, value) in fields)
            {
                Learn($"{Of(path, fields)}.{name}", value!);
            }
        }
    }

    /// <summary>Blocks of different kinds have different fields.</summary>
    private static string Of(string path, JsonObject fields) =>
        fields["kind"] is JsonValue kind && kind.TryGetValue<string>(out var text) ? $"{path}[{text}]" : path;

    private JsonNode? Canonical(string path, JsonNode? node) => node switch
    {
        JsonArray entries => new JsonArray(entries.Select(entry => Canonical(path, entry)).ToArray()),
        JsonObject fields => CanonicalObject(Of(path, fields), fields),
        JsonValue value when value.TryGetValue<double>(out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => node?.DeepClone(),
    };

    private JsonObject CanonicalObject(string path, JsonObject fields)
    {
        var ordered = new JsonObject();

        foreach (var name in known.GetValueOrDefault(path, []))
        {
            if (fields[name] is { } value)
            {
                ordered[name] = Canonical($"{path}.{name}", value);
            }
        }

        return ordered;
    }
}
