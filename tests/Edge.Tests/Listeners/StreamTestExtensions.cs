using System.Text;

namespace Starling.Edge.Tests.Listeners;

internal static class StreamTestExtensions
{
    public static async Task SendAsync(this Stream stream, string text) =>
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    public static async Task<string> ReceiveAsync(this Stream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(buffer);
    }

    public static async Task<string> EchoAsync(this Stream stream, string text)
    {
        await stream.SendAsync(text);
        return await stream.ReceiveAsync(text.Length);
    }

    /// <summary>What comes until the other side closes, gracefully or not.</summary>
    public static async Task<string> ReceiveToEndAsync(this Stream stream)
    {
        using var received = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var count)
                received.Write(buffer, 0, count);
        }
        catch (IOException)
        {
        }
        return Encoding.Latin1.GetString(received.ToArray());
    }
}
