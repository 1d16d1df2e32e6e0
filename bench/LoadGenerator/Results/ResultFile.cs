using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.LoadGenerator.Results;

/// <summary>Results as JSON, one file each.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write(string path, Result result) => File.WriteAllText(path, JsonSerializer.Serialize(result, Format) + "\n");

    /// <exception cref="InvalidDataException">The file is no result.</exception>
    public static Result Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Result>(File.ReadAllText(path), Format) ?? throw new InvalidDataException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
