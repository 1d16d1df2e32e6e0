using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Starling.Protocol.Tests;

/// <summary>Takes one connection and does what the test says with it.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _script;

    private ScriptedServer(Func<Stream, Task> script)
    {
        _listener.Start();
        _script = RunAsync(script);
    }

    public EndPoint EndPoint => _listener.LocalEndpoint;

    public Uri WebSocketUri => new($"ws://{EndPoint}/mqtt");

    public static ScriptedServer Start(Func<Stream, Task> script) => new(script);

    /// <summary>Answers the WebSocket handshake first.</summary>
    public static ScriptedServer StartWebSocket(Func<WebSocket, Task> script) => new(async stream =>
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var key = "";
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase))
                key = line["Sec-WebSocket-Key: ".Length..];
        }
#pragma warning disable CA5350 // The handshake of RFC 6455 is made of SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            $"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
        using var webSocket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = "mqtt" });
        await script(webSocket);
    });

    /// <summary>Reads exactly these bytes.</summary>
    public static async Task ReadAsync(Stream stream, byte[] expected)
    {
        var read = new byte[expected.Length];
        await stream.ReadExactlyAsync(read);
        read.ShouldBe(expected);
    }

    /// <summary>Ends when the script has; what went wrong in it comes out here.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _script;
    }

    private async Task RunAsync(Func<Stream, Task> script)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        await script(client.GetStream());
    }
}
