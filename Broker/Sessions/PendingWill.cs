using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// A session's will: published when the connection ends without a DISCONNECT, after the delay or at the end of the session, whichever
/// comes first, unless the client is back before that ([MQTT-3.1.2-8], [MQTT-3.1.3-9]). Used within the session's turn.
/// </summary>
/// <param name="context">Where it is published.</param>
/// <param name="due">Called, on any thread, when the delay is over.</param>
internal sealed partial class PendingWill(SessionWill pending, string tenant, SessionContext context, Action due)
{
    /// <summary>Milliseconds.</summary>
    private const long RetryAfter = 1000;

    private SessionWill? _will = pending;
    private IDisposable? _timer;
    private long? _dueAt;

    public SessionWill? Current => _will;

    /// <summary>Unix time in milliseconds; null while the connection lives, and when it is done with.</summary>
    public long? DueAt => _dueAt;

    public bool IsWaiting => _dueAt is not null;

    /// <summary>The client has said goodbye, or is back before the delay has passed: the will is not sent.</summary>
    public void Cancel() => Take();

    /// <summary>Publishes it, or begins its delay.</summary>
    public Task ConnectionLostAsync(uint sessionExpirySeconds)
    {
        if (_will is not { } will)
            return Task.CompletedTask;
        var delay = Math.Min(will.DelaySeconds, sessionExpirySeconds);
        if (delay == 0)
            return PublishAsync();
        WaitUntil(context.Due.Now + (delay * 1000L));
        return Task.CompletedTask;
    }

    /// <summary>Says when it is due, unless it is cancelled before.</summary>
    public void WaitUntil(long dueAt)
    {
        _dueAt = dueAt;
        _timer = context.Due.Schedule(dueAt, due);
    }

    /// <summary>
    /// Publishes it now, if it has not been. Where nobody else could do it after this process it does not throw, but tries again by itself.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It could not be published: who has the session next has to.</exception>
    /// <exception cref="RemoteCallException">The same.</exception>
    public Task PublishAsync() => Take() is { } will ? PublishAsync(will) : Task.CompletedTask;

    private SessionWill? Take()
    {
        var will = _will;
        _timer?.Dispose();
        (_will, _timer, _dueAt) = (null, null, null);
        return will;
    }

    private async Task PublishAsync(SessionWill will)
    {
        try
        {
            var topic = will.Message.Topic.Text;
            var clientId = will.Message.Publisher!.ClientId;
            if (!context.Tenant.AccessFor(will.User, clientId).MayPublish(topic))
            {
                Log.WillNotAllowed(context.Logger, tenant, clientId, topic);
                context.Counters.PublishRefused.Increment();
                return;
            }

            var expiresAt = will.MessageExpirySeconds is { } seconds ? context.Due.Now + (seconds * 1000L) : Message.Never;
            await context.Cluster.PublishAsync(tenant, will.Message.WithExpiry(expiresAt)).ConfigureAwait(false);
            context.Counters.WillsPublished.Increment();
        }
        catch (Exception error) when (context.IsShared && error is StoreUnavailableException or RemoteCallException)
        {
            throw;
        }
        catch (StoreUnavailableException error)
        {
            Log.WillNotStored(context.Logger, tenant, will.Message.Topic.Text, error.Message);
            context.Due.Schedule(context.Due.Now + RetryAfter, () => Background.Run(PublishAsync(will), context.Logger, "Publication of a will"));
        }
        catch (Exception error)
        {
            Log.WillFailed(context.Logger, tenant, will.Message.Topic.Text, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: will of '{ClientId}' not published: permission to publish to '{Topic}' was revoked")]
        public static partial void WillNotAllowed(ILogger logger, string tenant, string clientId, string topic);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: publication of a will to '{Topic}' delayed: {Problem}")]
        public static partial void WillNotStored(ILogger logger, string tenant, string topic, string problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: publication of a will to '{Topic}' failed")]
        public static partial void WillFailed(ILogger logger, string tenant, string topic, Exception error);
    }
}
