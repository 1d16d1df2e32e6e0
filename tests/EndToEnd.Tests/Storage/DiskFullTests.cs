using System.Diagnostics;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>PostgreSQL has a small disk of its own, in memory, and it is full for a while.</summary>
public sealed class DiskFullTests
{
    private const string Disk = "256m";

    [Fact]
    public async Task What_needs_no_store_flows_on_and_what_must_be_durable_waits_for_room_on_the_disk()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("only root can mount a small disk");
        var folder = Directory.CreateTempSubdirectory("starling-disk-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Disk},mode=1777", "tmpfs", folder) != 0)
        {
            Directory.Delete(folder);
            Assert.Skip("not allowed to mount a small disk here");
        }
        try
        {
            await using var postgres = await PostgresServer.StartAsync(parent: folder);
            await using var broker = await StoredBroker.StartAsync(postgres);
            var filler = Path.Combine(folder, "filler");

            await new OutageScenario(broker).RunAsync(
                () => Task.Run(() => Fill(filler)),
                () =>
                {
                    File.Delete(filler);
                    return Task.CompletedTask;
                },
                size: 100_000,
                reason: "No space left on device",
                // A small write may still find room in files that are there already.
                nothingFits: false);
        }
        finally
        {
            (await RunAsync("umount", folder)).ShouldBe(0, "umount");
            Directory.Delete(folder);
        }
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1024 * 1024, 4096])
        {
            try
            {
                while (true)
                    stream.Write(new byte[size]);
            }
            catch (IOException)
            {
                // No space left for a piece of this size.
            }
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
