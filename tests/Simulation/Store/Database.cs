using Starling.Simulation.Time;

namespace Starling.Simulation.Store;

/// <summary>The database that all processes share, with the times in which it does not answer.</summary>
internal sealed class Database(Scheduler scheduler, Dice dice, Trace trace, StoreFlaws flaws)
{
    private TimeSpan _awayUntil;
    private long _lastWrite;

    public Tables Tables { get; } = new() { Flaws = flaws };

    public StoreFlaws Flaws => flaws;

    public Scheduler Scheduler => scheduler;

    public Dice Dice => dice;

    public Trace Trace => trace;

    public bool IsAway => scheduler.Now < _awayUntil;

    /// <summary>Of writes that are carried out: how often the answer is lost, and they are sent again.</summary>
    public double LostAnswers { get; set; }

    /// <summary>A name for a write.</summary>
    public long NextWrite() => ++_lastWrite;

    public void GoAway(TimeSpan duration)
    {
        trace.Add("database", "away");
        _awayUntil = scheduler.Now + duration;
    }

    /// <summary>How long a transaction takes.</summary>
    public TimeSpan Commit() => dice.Chance(0.02) ? dice.Span(5, 120) : dice.Span(0.3, 4);
}
