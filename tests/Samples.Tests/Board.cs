using System.Net;
using System.Net.Sockets;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.Samples.Tests;

/// <summary>A TCP connection that sends and expects exact bytes.</summary>
internal sealed class Board : IDisposable
{
    private readonly NetworkStream _stream;

    private Board(NetworkStream stream) => _stream = stream;

    public static async Task<Board> OpenAsync(IPEndPoint broker)
    {
        var socket = new Socket(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(broker);
        return new(new NetworkStream(socket, ownsSocket: true));
    }

    public Task SendAsync(params byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    /// <summary>The next bytes that come.</summary>
    public async Task ExpectAsync(params byte[] expected)
    {
        var came = new byte[expected.Length];
        await _stream.ReadExactlyAsync(came).AsTask().WaitAsync(ChildProcess.Patience);
        Convert.ToHexString(came).ShouldBe(Convert.ToHexString(expected));
    }

    /// <summary>The broker closes the connection and sends nothing before.</summary>
    public async Task ExpectEndAsync() => (await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(ChildProcess.Patience)).ShouldBe(0);

    public void Dispose() => _stream.Dispose();
}
