using System.Net.WebSockets;

namespace Starling.Edge.Listeners.WebSockets;

/// <summary>
/// The bytes of binary WebSocket messages, whose borders mean nothing to MQTT [MQTT-6.0.0-2]. Reading nothing waits
/// until there is something, so that an idle connection holds no buffer.
/// </summary>
internal sealed class WebSocketStream(WebSocket socket, Action textReceived) : Stream
{
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>0 when the client closed, or sent a frame that is not binary, which closes the connection [MQTT-6.0.0-1].</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended)
        {
            var received = await socket.ReceiveAsync(buffer, cancellationToken);
            if (received.MessageType == WebSocketMessageType.Binary)
            {
                if (received.Count > 0 || buffer.IsEmpty)
                    return received.Count;
                continue;
            }
            _ended = true;
            if (received.MessageType == WebSocketMessageType.Text)
            {
                textReceived();
                await socket.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, "MQTT takes binary frames", cancellationToken);
            }
        }
        return 0;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
