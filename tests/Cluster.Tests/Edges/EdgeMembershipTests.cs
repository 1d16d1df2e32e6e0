using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Testing;

namespace Starling.Cluster.Tests.Edges;

public sealed class EdgeMembershipTests : IAsyncDisposable, IEdgeDirectory, IEdgePresence
{
    private readonly ManualTime _time = new();
    private readonly List<string> _log = [];
    private readonly EdgeMembership _membership;
    private TaskCompletionSource _changed = new();
    private int _ids;
    private bool _isAway;
    private string? _taken;
    private long _silos = 7;

    public EdgeMembershipTests() =>
        _membership = new EdgeMembership(this, this, () => $"e{++_ids}", _time, NullLogger<EdgeMembership>.Instance);

    public ValueTask DisposeAsync() => _membership.DisposeAsync();

    [Fact]
    public async Task An_edge_takes_connections_when_it_has_joined()
    {
        _isAway = true;
        var starting = _membership.StartAsync();
        _membership.NotReadyReason.ShouldNotBeNull();

        _isAway = false;
        await _time.AdvanceUntilAsync(starting);

        _log.ShouldBe(["begin e1", "joined e1"]);
        (_membership.EdgeId, _membership.NotReadyReason).ShouldBe(("e1", null));
    }

    [Fact]
    public async Task An_edge_that_was_taken_for_dead_closes_its_connections_and_joins_under_another_id()
    {
        await _membership.StartAsync();

        _taken = "e1";
        await _time.AdvanceUntilAsync(LoggedAsync("joined e2"));

        _log.ShouldBe(["begin e1", "joined e1", "end e1", "begin e2", "joined e2"]);
    }

    [Fact]
    public async Task An_edge_that_cannot_renew_its_lease_gives_up_before_it_ends()
    {
        await _membership.StartAsync();
        var joined = _time.GetUtcNow();

        _isAway = true;
        await _time.AdvanceUntilAsync(LoggedAsync("end e1"));

        (_time.GetUtcNow() - joined).ShouldBeInRange(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(9.9));
        _membership.NotReadyReason.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_edge_that_ends_leaves_the_directory()
    {
        await _membership.StartAsync();

        await _membership.DisposeAsync();

        _log[^1].ShouldBe("leave e1");
    }

    [Fact]
    public async Task An_edge_that_goes_on_hears_once_of_each_change_of_the_silos()
    {
        await _membership.StartAsync();

        _silos = 9;
        await _time.AdvanceUntilAsync(LoggedAsync("silos 9"));
        _time.Advance(TimeSpan.FromSeconds(6));
        _silos = 8;
        await _time.AdvanceUntilAsync(LoggedAsync("silos 8"));

        _log.ShouldBe(["begin e1", "joined e1", "silos 9", "silos 8"]);
    }

    [Fact]
    public async Task An_edge_that_joins_again_has_no_sessions_that_silos_could_have_lost()
    {
        await _membership.StartAsync();

        (_taken, _silos) = ("e1", 9);
        await _time.AdvanceUntilAsync(LoggedAsync("joined e2"));

        _log.ShouldNotContain("silos 9");
    }

    async ValueTask<EdgeLease> IEdgeDirectory.RenewAsync(string edgeId, string address)
    {
        address.ShouldBe($"at {edgeId}");
        if (_isAway)
            await Task.FromException(new RemoteCallException("Lost."));
        return new EdgeLease(edgeId != _taken, EdgeDirectory.LeaseDuration, _silos);
    }

    ValueTask IEdgeDirectory.LeaveAsync(string edgeId) => Note($"leave {edgeId}");

    ValueTask<IReadOnlyList<EdgeEntry>> IEdgeDirectory.ReadAsync(string? silo) => new([]);

    async ValueTask<string> IEdgePresence.BeginAsync(string edgeId)
    {
        await Note($"begin {edgeId}");
        return $"at {edgeId}";
    }

    void IEdgePresence.SilosChanged() => Add($"silos {_silos}");

    void IEdgePresence.Joined(string edgeId) => Add($"joined {edgeId}");

    ValueTask IEdgePresence.EndAsync(string edgeId) => Note($"end {edgeId}");

    private ValueTask Note(string what)
    {
        Add(what);
        return default;
    }

    private void Add(string what)
    {
        lock (_log)
        {
            _log.Add(what);
            _changed.TrySetResult();
        }
    }

    private async Task LoggedAsync(string what)
    {
        while (true)
        {
            Task changed;
            lock (_log)
            {
                if (_log.Contains(what))
                    return;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
            }

            await changed;
        }
    }
}
