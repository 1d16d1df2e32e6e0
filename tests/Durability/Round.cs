using System.Globalization;
using Starling.Durability.Checks;
using Starling.Durability.Clients;
using Starling.Durability.Faults;
using Starling.Durability.History;
using Starling.Protocol;

namespace Starling.Durability;

/// <summary>
/// A round: 1. publishers publish, subscribers are there, away, or come and go; 2. at a random moment the fault; 3. publishers bring to
/// an end what they have begun; 4. everybody comes online, and a last message tells when the inboxes are empty; 5. the check.
/// </summary>
internal sealed class Round(int number, RunOptions options, Crowd crowd, ITarget target, Oddities oddities)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(RendezvousPlacement(((uint)options.Seed * 7919) + (uint)number));
    private readonly List<string> _violations = [];
    private readonly Dictionary<SubscriberClient, int> _subscriptions = [];

    public string Story { get; private set; } = "";

    public async Task<Verdict> RunAsync()
    {
        BeginLoad();
        var moment = TimeSpan.FromMilliseconds(_random.Next(50, 1500));
        await Task.Delay(moment);
        var struck = await target.StrikeAsync(options.Fault, _random, CutWills);
        Story = string.Create(CultureInfo.InvariantCulture, $"{struck} after {moment.TotalSeconds:0.000} s");
        await Task.Delay(_random.Next(20, 300));
        await EndLoadAsync();
        await DrainAsync();

        var sent = crowd.Publishers.Append(crowd.Barrier).SelectMany(publisher => publisher.TakeSent()).ToList();
        var verdict = RoundCheck.Of(new(sent, [.. crowd.Subscribers.Select(subscriber => new SubscriberHistory(subscriber.Plan, subscriber.TakeReceipts(), MustHaveAll(subscriber)))], options.IsCluster));
        await CheckWillsAsync();
        return verdict with { Violations = [.. oddities.TakeViolations(), .. _violations, .. verdict.Violations] };
    }

    /// <summary>At QoS 0 messages may be lost.</summary>
    private bool MustHaveAll(SubscriberClient subscriber) =>
        subscriber.Plan.QoS > QualityOfService.AtMostOnce && subscriber.Subscription == _subscriptions[subscriber] && subscriber.Subscription != 0;

    /// <summary>Generators whose seeds are neighbours, or multiples, begin with numbers that are so too.</summary>
    private static int RendezvousPlacement(uint seed)
    {
        seed = (seed ^ (seed >> 16)) * 0x85EBCA6B;
        seed = (seed ^ (seed >> 13)) * 0xC2B2AE35;
        return (int)(seed ^ (seed >> 16));
    }

    private void BeginLoad()
    {
        foreach (var publisher in crowd.Publishers)
            publisher.Publish(_random.Next(50, 400), TimeSpan.FromMilliseconds(_random.Next(3) switch { 0 => 0, 1 => 5, _ => 40 }));
        foreach (var subscriber in crowd.Subscribers)
        {
            _subscriptions[subscriber] = subscriber.Subscription;
            var presence = _random.Next(10) switch { < 4 => Presence.Online, < 7 => Presence.Away, _ => Presence.ComesAndGoes };
            subscriber.Be(presence, TimeSpan.FromMilliseconds(_random.Next(3) switch { 0 => 0, 1 => 10, _ => 120 }));
        }
    }

    private void CutWills()
    {
        foreach (var client in crowd.Wills.Where(_ => _random.Next(2) == 0))
            client.CutOff();
    }

    private async Task EndLoadAsync()
    {
        foreach (var publisher in crowd.Publishers)
            publisher.Stop();
        if (!await Wait.UntilAsync(() => crowd.Publishers.All(publisher => publisher.IsIdle), Patience))
            _violations.AddRange(crowd.Publishers.Where(publisher => !publisher.IsIdle).Select(publisher => "publisher hangs: " + publisher.State));
    }

    private async Task DrainAsync()
    {
        foreach (var subscriber in crowd.Subscribers)
            subscriber.Be(Presence.Online, TimeSpan.Zero);
        crowd.Barrier.Publish(1, TimeSpan.Zero);
        if (!await Wait.UntilAsync(() => crowd.Barrier.IsIdle, Patience))
            _violations.Add("publisher hangs: " + crowd.Barrier.State);
        // One that is clean need not get it if it comes later than that; if it has been there all the time it must.
        if (!await Wait.UntilAsync(() => crowd.Subscribers.All(subscriber => subscriber.LastBarrier == number || !MustHaveAll(subscriber)), Patience))
            _violations.AddRange(crowd.Subscribers.Where(subscriber => subscriber.LastBarrier != number && MustHaveAll(subscriber)).Select(subscriber => $"{subscriber.Plan.Name} was not drained: {subscriber.State}"));
        // Kills of the next round find them all there.
        if (!await Wait.UntilAsync(() => crowd.Wills.All(client => client.IsConnected), Patience))
            _violations.Add("clients with wills are not connected");
        foreach (var client in crowd.Wills)
            client.Settle();
    }

    /// <summary>A lost connection's will may need a moment more than the messages of the round.</summary>
    private async Task CheckWillsAsync()
    {
        var watchers = crowd.Subscribers.Where(subscriber => subscriber.Plan.GetsWills).ToList();
        await Wait.UntilAsync(() => crowd.Wills.All(client => client.Cut.All(will => watchers.All(watcher => watcher.HasWill(will)))), Patience);
        foreach (var client in crowd.Wills)
        {
            foreach (var will in client.Cut)
            {
                _violations.AddRange(watchers.Where(watcher => !watcher.HasWill(will)).Select(watcher => $"lost: {watcher.Plan.Name} never got the will {will} of {client.Name}"));
                client.Published(will);
            }

            if (client.Held is { } held && watchers.Exists(watcher => watcher.HasWill(held)))
                _violations.Add($"the will {held} of {client.Name} was published while the connection stood");
        }
    }
}
