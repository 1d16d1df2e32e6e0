using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Starling.Cli.Client;

namespace Starling.Cli.Output;

/// <summary>A message as one JSON object, with the members of mosquitto_sub's <c>%j</c> and <c>%J</c>.</summary>
internal static class MessageJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="output">Gets the object.</param>
    /// <param name="message">What came in.</param>
    /// <param name="now">When.</param>
    /// <param name="payloadIsJson">Write the payload as the JSON value that it is; null when it is none.</param>
    public static void Write(IBufferWriter<byte> output, ReceivedMessage message, DateTimeOffset now, bool payloadIsJson)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("tst", now.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture) + now.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal));
        json.WriteString("topic", message.Topic);
        json.WriteNumber("qos", (int)message.QoS);
        json.WriteNumber("retain", message.Retain ? 1 : 0);
        json.WriteNumber("payloadlen", message.Payload.Length);
        if (message.PacketIdentifier != 0)
            json.WriteNumber("mid", message.PacketIdentifier);
        WriteProperties(json, message);
        json.WritePropertyName("payload");
        if (payloadIsJson)
            WriteJson(json, message.Payload);
        else
            json.WriteStringValue(Encoding.UTF8.GetString(message.Payload.Span));
        json.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter json, ReceivedMessage message)
    {
        var properties = message.Properties;
        json.WriteStartObject("properties");
        if (properties.PayloadFormatIndicator is { } isText)
            json.WriteNumber("payload-format-indicator", isText ? 1 : 0);
        if (properties.MessageExpiryInterval is { } seconds)
            json.WriteNumber("message-expiry-interval", seconds);
        if (properties.ContentType is { } type)
            json.WriteString("content-type", type);
        if (properties.ResponseTopic is { } topic)
            json.WriteString("response-topic", topic);
        if (properties.CorrelationData is { } data)
            json.WriteString("correlation-data", Encoding.UTF8.GetString(data.Span));
        foreach (var identifier in properties.SubscriptionIdentifiers.Take(1))
            json.WriteNumber("subscription-identifier", identifier);
        if (properties.UserProperties.Count > 0)
        {
            json.WriteStartArray("user-properties");
            foreach (var property in properties.UserProperties)
            {
                json.WriteStartObject();
                json.WriteString(property.Name, property.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter json, ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var parsed = JsonDocument.Parse(payload);
            parsed.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteNullValue();
        }
    }
}
