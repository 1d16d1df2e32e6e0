using System.Runtime.InteropServices;

namespace Starling.Hosting.Processes;

/// <summary>
/// Ctrl-C and SIGTERM: the first one stops the process in good order, a second one at once. SIGHUP asks for files to be read again.
/// SIGUSR1 and SIGUSR2, which would end the process, do nothing.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];

    public ProcessSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT })
            Register(signal, context => context.Cancel = _stop.TrySetResult());
        Register(PosixSignal.SIGHUP, Reload);
        if (OperatingSystem.IsWindows())
            return;
        // They have no name in PosixSignal; raw numbers are taken, and differ between systems.
        foreach (var number in OperatingSystem.IsLinux() ? new[] { 10, 12 } : [30, 31])
            Register((PosixSignal)number, static context => context.Cancel = true);
    }

    /// <summary>Completes when the process is to stop.</summary>
    public Task Stop => _stop.Task;

    /// <summary>SIGHUP arrived. Raised on a thread of the pool.</summary>
    public event Action? ReloadRequested;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Reload(PosixSignalContext context)
    {
        context.Cancel = true;
        ReloadRequested?.Invoke();
    }

    private void Register(PosixSignal signal, Action<PosixSignalContext> handler) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, handler));
}
