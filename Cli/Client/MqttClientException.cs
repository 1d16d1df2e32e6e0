using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>The broker said no, or is gone.</summary>
internal sealed class MqttClientException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary><paramref name="what"/>, with the reason in words and number: <c>... : not authorized (0x87)</c>.</summary>
    public static MqttClientException Because(string what, ReasonCode reason, string? reasonString) =>
        new($"{what}: {Words(reason)} (0x{(byte)reason:X2}){(reasonString is null ? "" : $": {reasonString}")}");

    private static string Words(ReasonCode reason) =>
        string.Concat(reason.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $" {char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()))
            .Replace("qo s", "QoS", StringComparison.Ordinal);
}
