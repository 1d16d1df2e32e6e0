using System.Text.Json;
using Orleans.Storage;

namespace Starling.Silo.Hosting;

/// <summary>Grain state as plain JSON without names of types, so that a class may be renamed and a property added.</summary>
internal sealed class GrainStateJson : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input) ?? throw new InvalidDataException("The state of a grain is damaged.");
}
