using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Broker.Messages;

/// <summary>A message in JSON: its <see cref="MessageFrame"/>.</summary>
internal sealed class MessageConverter : JsonConverter<Message>
{
    public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return new MessageFrameReader().Read(reader.GetBytesFromBase64());
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
        {
            throw new JsonException("no message", error);
        }
    }

    public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(MessageFrame.Encode(value));
}
