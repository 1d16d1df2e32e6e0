using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

public sealed class TenantsFileTests
{
    [Fact]
    public async Task User_added_to_the_file_can_log_in_and_nobody_is_disturbed()
    {
        await using var broker = await BrokerProcess.StartAsync();
        var demo = new Mosquitto(broker);
        await using var subscriber = await demo.SubscribeAsync("file/added");

        await WriteAsync(broker, TenantsJson.Of(TenantsJson.Tenant("demo", "demo", "late")));
        await broker.LogLineAsync("1 tenants loaded");
        await (demo with { User = "late", Password = "late" }).PublishAsync("file/added", "here I am");

        (await subscriber.MessageAsync()).ShouldBe("file/added|here I am|0|0");
    }

    [Fact]
    public async Task Bad_edit_is_refused_with_its_line_and_the_old_settings_stay()
    {
        await using var broker = await BrokerProcess.StartAsync();
        var demo = new Mosquitto(broker);
        await using var subscriber = await demo.SubscribeAsync("file/bad");

        await WriteAsync(broker, """
            {
              "tenants": {
                "demo": {
                  "userz": { }
                }
              }
            }
            """);
        await broker.LogLineAsync("tenants.json:4");
        await broker.LogLineAsync("the settings stay as they were");
        await demo.PublishAsync("file/bad", "as before");

        (await subscriber.MessageAsync()).ShouldBe("file/bad|as before|0|0");
    }

    /// <summary>As an editor saves: whole, by renaming over the old file.</summary>
    private static async Task WriteAsync(BrokerProcess broker, string text)
    {
        await File.WriteAllTextAsync(broker.TenantsFile + ".new", text);
        File.Move(broker.TenantsFile + ".new", broker.TenantsFile, overwrite: true);
    }
}
