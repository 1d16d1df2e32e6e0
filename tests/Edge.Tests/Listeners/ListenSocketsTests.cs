using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Tests.Listeners;

public sealed class ListenSocketsTests
{
    [Theory]
    [InlineData(300, 30)]
    [InlineData(40, 10)]
    public async Task TCP_asks_for_a_client_that_has_been_silent(int seconds, int interval)
    {
        using var accepted = await AcceptAsync(TimeSpan.FromSeconds(seconds));

        Option(accepted, SocketOptionLevel.Socket, SocketOptionName.KeepAlive).ShouldNotBe(0);
        Option(accepted, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime).ShouldBe(seconds);
        Option(accepted, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval).ShouldBe(interval);
        Option(accepted, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount).ShouldBe(4);
    }

    [Fact]
    public async Task TCP_asks_for_nobody_when_that_is_turned_off()
    {
        using var accepted = await AcceptAsync(TimeSpan.Zero);

        Option(accepted, SocketOptionLevel.Socket, SocketOptionName.KeepAlive).ShouldBe(0);
    }

    private static int Option(Socket socket, SocketOptionLevel level, SocketOptionName name) => (int)socket.GetSocketOption(level, name)!;

    private static async Task<Socket> AcceptAsync(TimeSpan keepAlive)
    {
        var options = new SocketTransportOptions();
        ListenSockets.Configure(options, _ => "test", keepAlive);
        using var listening = options.CreateBoundListenSocket(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listening.LocalEndPoint!, TestContext.Current.CancellationToken);
        return await listening.AcceptAsync(TestContext.Current.CancellationToken);
    }
}
