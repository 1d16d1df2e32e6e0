using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Contracts;
using Starling.Broker.Standalone;
using Starling.Edge.Listeners.Admissions;
using Starling.Protocol;
using Starling.Storage.Memory;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class ConnectDeadlineTests
{
    [Fact]
    public async Task A_client_whose_session_is_unavailable_is_told_before_its_deadline_however_late_its_CONNECT_came()
    {
        var time = new WatchedTime(new ManualTime(), TimeSpan.FromSeconds(4 * 0.8));
        var inboxes = new MemoryInboxStore();
        var store = new SilentStore(new MemorySessionStore(inboxes));
        await using var broker = await TestBroker.StartAsync(
            time, services => services.AddSingleton(new StandaloneStores(new MemoryRetainedStore(), store, inboxes)));
        await using var first = await broker.OpenAsync();
        var admission = broker.Services.GetRequiredService<Admission>();
        while (admission.HalfOpen == 0)
            await Task.Yield();

        time.Manual.Advance(TimeSpan.FromSeconds(6));
        await first.SendAsync(new ConnectPacket { ClientIdentifier = "late", SessionExpiryInterval = 60 });
        await time.Waits.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        time.Manual.Advance(TimeSpan.FromSeconds(3.5));

        (await first.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.ServerUnavailable);
    }

    /// <summary>Tells when something waits for this long.</summary>
    private sealed class WatchedTime(ManualTime manual, TimeSpan wait) : TimeProvider
    {
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualTime Manual => manual;

        public Task Waits => _waits.Task;

        public override long TimestampFrequency => manual.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => manual.GetUtcNow();

        public override long GetTimestamp() => manual.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = manual.CreateTimer(callback, state, dueTime, period);
            if (dueTime == wait)
                _waits.TrySetResult();
            return timer;
        }
    }

    /// <summary>A store that does not answer whoever wants a session.</summary>
    private sealed class SilentStore(ISessionStore inner) : ISessionStore
    {
        public async ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch)
        {
            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return null;
        }

        public ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state) => inner.SaveAsync(session, epoch, state);

        public ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed) =>
            inner.SetSubscriptionsAsync(session, set, removed);

        public ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
            inner.SetReceivedAsync(session, received, released);

        public ValueTask<bool> DeleteAsync(SessionKey session, long epoch) => inner.DeleteAsync(session, epoch);

        public IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant) => inner.LoadRoutesAsync(tenant);

        public ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
            IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most) =>
            inner.ReadDueAsync(tenants, now, liveEdges, part, parts, most);
    }
}
