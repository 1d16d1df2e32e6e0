namespace Starling.EndToEnd.Tests.Harness;

/// <summary>What mosquitto_sub prints for <see cref="Mosquitto"/>.</summary>
internal static class MosquittoOutput
{
    /// <summary>The next message, as <c>topic|payload|QoS|retain flag</c>.</summary>
    public static async Task<string> MessageAsync(this ChildProcess subscriber) =>
        (await subscriber.LineAsync(IsMessage, "a message"))["message ".Length..];

    /// <summary>All messages so far, taken or not.</summary>
    public static string[] Messages(this ChildProcess subscriber) =>
        [.. subscriber.Output.Lines.Where(IsMessage).Select(line => line["message ".Length..])];

    private static bool IsMessage(string line) => line.StartsWith("message ", StringComparison.Ordinal);
}
