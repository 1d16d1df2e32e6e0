using System.Net;

namespace Starling.Fuzzing.Sessions;

/// <summary>Plays a scenario against a broker, step by step, all its connections in one flow.</summary>
internal sealed class ScenarioRun(Scenario scenario, EndPoint endPoint, Random random) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FuzzClient?[] _clients = new FuzzClient?[scenario.Players.Count];
    private readonly Dictionary<string, List<SessionMemory>> _sessions = [];
    private readonly SentMessages _messages = new();

    public int Connections { get; private set; }

    /// <summary>Topics that may have a retained message of the scenario's.</summary>
    public IReadOnlyCollection<string> Retained => _messages.Retained;

    /// <exception cref="FuzzException">The broker did what it may not, or did nothing.</exception>
    public async Task PlayAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var doing = "begin";
        try
        {
            foreach (var step in scenario.Steps)
            {
                doing = step.ToString();
                await PlayAsync(step, timeout.Token);
                foreach (var client in _clients)
                    await (client?.PollAsync(timeout.Token) ?? Task.CompletedTask);
            }
            for (var i = 0; i < _clients.Length; i++)
            {
                doing = $"client {i}: settle";
                await (_clients[i]?.SettleAsync(timeout.Token) ?? Task.CompletedTask);
                _clients[i]?.Drop();
            }
        }
        catch (OperationCanceledException)
        {
            throw new FuzzException($"the broker did not answer or close within {Patience.TotalSeconds} s, at {doing}");
        }
        catch (FuzzException exception)
        {
            throw new FuzzException($"{exception.Message}, at {doing}", exception);
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client?.Dispose();
    }

    private async Task PlayAsync(Step step, CancellationToken cancellation)
    {
        switch (step.Kind)
        {
            case StepKind.Open:
                _clients[step.Player]?.Drop();
                var stream = new ClientStream(_sessions, _messages);
                _clients[step.Player] = new(scenario.Players[step.Player], stream, new(stream, _messages, scenario.Prefix), random);
                await _clients[step.Player]!.OpenAsync(endPoint, cancellation);
                Connections++;
                break;
            case StepKind.Send when _clients[step.Player] is { IsClosed: false } client:
                client.IsOdd |= step.Odd;
                await client.SendAsync(step.Bytes, step.Cutting, cancellation);
                if (client.Stream.Connect?.ClientIdentifier is { Length: > 0 } name)
                    MarkTakenOver(name, client);
                break;
            case StepKind.Settle when _clients[step.Player] is { IsClosed: false } client:
                await client.SettleAsync(cancellation);
                break;
            case StepKind.Drop:
                _clients[step.Player]?.Drop();
                _clients[step.Player] = null;
                break;
        }
    }

    private void MarkTakenOver(string name, FuzzClient by)
    {
        foreach (var client in _clients)
        {
            if (client is not null && client != by && client.Stream.Connect?.ClientIdentifier == name)
                client.IsOdd = true;
        }
    }
}
