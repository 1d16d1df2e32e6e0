using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Sessions;

/// <summary>A will as stores keep it.</summary>
public static partial class WillFrame
{
    public static byte[] Encode(SessionWill will) => JsonSerializer.SerializeToUtf8Bytes(
        new Fields(MessageFrame.Encode(will.Message), will.DelaySeconds, will.MessageExpirySeconds, will.User.Name), WillJson.Default.Fields);

    /// <exception cref="InvalidDataException">It is no will.</exception>
    public static SessionWill Decode(byte[] frame)
    {
        try
        {
            var fields = JsonSerializer.Deserialize(frame, WillJson.Default.Fields)!;
            var user = fields.User is null ? User.Anonymous : new User(fields.User);
            return new SessionWill(new MessageFrameReader().Read(fields.Message), fields.Delay, fields.MessageExpiry, user);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException("The stored will is corrupt.", error);
        }
    }

    internal sealed record Fields(
        [property: JsonPropertyName("message")] byte[] Message,
        [property: JsonPropertyName("delay")] uint Delay,
        [property: JsonPropertyName("messageExpiry")] uint? MessageExpiry,
        [property: JsonPropertyName("user")] string? User);

    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Fields))]
    private sealed partial class WillJson : JsonSerializerContext;
}
