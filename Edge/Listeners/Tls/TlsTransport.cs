using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using Microsoft.Extensions.Logging;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Tls;

/// <summary>A connection's encrypted side, after the handshake.</summary>
internal sealed partial class TlsTransport(IDuplexPipe encrypted, SslStream stream)
{
    private const byte HandshakeRecord = 0x16;

    private readonly StreamTransport _plain = new(stream);

    public IDuplexPipe Plain => _plain;

    /// <summary>Null when the handshake fails; it lasts until the connection is aborted, if the client takes its time.</summary>
    public static async Task<TlsTransport?> HandshakeAsync(AdmittedConnection connection, TlsIdentitySource identities, ILogger logger)
    {
        var encrypted = connection.Context.Transport;
        if (await FirstByteAsync(encrypted.Input) is var first && first != HandshakeRecord)
        {
            if (first is not null)
                connection.Refused(Refusal.NotTls);
            return null;
        }
        TlsIdentity? identity = null;
        var stream = new SslStream(new DuplexPipeStream(encrypted), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    identity = identities.Current;
                    return new(identity.Select(hello.ServerName, connection));
                },
                state: null,
                CancellationToken.None);
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            // Out of the queue, its time was up, which is counted as that.
            if (connection.Queue is not null)
                connection.Refused(Refusal.TlsHandshake);
            LogFailed(logger, e, connection.RemoteEndPoint, connection.Listener.Name);
            return null;
        }
        OpenSslBuffers.ReleaseWhenIdle(stream);
        connection.IsSecure = true;
        if (stream.TargetHostName is { Length: > 0 } name)
            connection.ServerName = Broker.Tenants.ServerName.Normalize(name);
        if (connection.ClientCertificate is { } certificate)
            identities.Verified(certificate, identity!.Clients!);
        return new TlsTransport(encrypted, stream);
    }

    /// <summary>Sends what is left and the close alert.</summary>
    public async Task CloseAsync()
    {
        try
        {
            await _plain.Input.CompleteAsync();
            await _plain.Output.CompleteAsync();
            await stream.ShutdownAsync();
        }
        catch
        {
            // The client is gone already; there is nobody to say goodbye to.
        }
        encrypted.Input.CancelPendingRead();
        await _plain.Receiving;
        await stream.DisposeAsync();
    }

    /// <summary>Tells what is no TLS at all before it costs a TLS object and an exception; null when the client left.</summary>
    private static async ValueTask<byte?> FirstByteAsync(PipeReader input)
    {
        var result = await input.ReadAsync();
        byte? first = result.Buffer.IsEmpty ? null : result.Buffer.FirstSpan[0];
        input.AdvanceTo(result.Buffer.Start);
        return first;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "TLS handshake of {RemoteEndPoint} at listener {Listener} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, IPEndPoint? remoteEndPoint, string listener);
}
