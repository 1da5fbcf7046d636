using System.Diagnostics;
using System.Net;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>A flood of wrong passwords, over real sockets: the good login does not wait for it.</summary>
public sealed class LoginFloodSpec : ProbeServerSpec
{
    private const int Flood = 1500;

    private readonly ITestOutputHelper _output;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"akka-mqtt-{Guid.NewGuid():N}.passwd");

    public LoginFloodSpec(ITestOutputHelper output)
        : base(output) => _output = output;

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.0.0.1")] // the address of the flood: the other user has its turn all the same
    public async Task A_good_login_is_answered_while_thousands_of_wrong_ones_wait(string from)
    {
        await File.WriteAllTextAsync(_file, $"good:{PasswordEntry.Create(Encoding.UTF8.GetBytes("secret"))}\n");
        var server = await StartAsync($"listeners.tcp.host = \"0.0.0.0\", listeners.tcp.password-file = \"{_file}\", max-pending-connections = 5000, logins.max-concurrent = 1");
        var address = (IPEndPoint)server.Endpoints[0].Address;
        var wrong = new List<PacketClient>();
        try
        {
            for (var at = 0; at < Flood; at++)
            {
                var client = await PacketClient.DialAsync(address, MqttVersion.V5, IPAddress.Loopback);
                wrong.Add(client);
                await client.SendAsync(new Connect { ClientId = $"wrong{at}", UserName = "somebody", Password = Encoding.UTF8.GetBytes("guess") });
            }
            var refused = server.Context.Stats.Refusals(Refused.Connect, ReasonCode.BadUserNameOrPassword);
            var clock = Stopwatch.StartNew();
            using var good = await PacketClient.DialAsync(address, MqttVersion.V5, IPAddress.Parse(from));
            await good.SendAsync(new Connect { ClientId = "good", UserName = "good", Password = Encoding.UTF8.GetBytes("secret") });
            Assert.Equal(ReasonCode.Success, (await good.ExpectAsync<ConnAck>()).ReasonCode);
            _output.WriteLine($"The good login took {clock.ElapsedMilliseconds} ms; {refused} wrong ones had been checked.");
            var passed = server.Context.Stats.Refusals(Refused.Connect, ReasonCode.BadUserNameOrPassword) - refused;
            Assert.InRange(passed, 0, 100); // it did not stand behind the flood
            Assert.True(server.Context.Stats.Refusals(Refused.Connect, ReasonCode.ServerBusy) > 0, "The flood is refused where too many wait.");
        }
        finally
        {
            wrong.ForEach(client => client.Dispose());
            File.Delete(_file);
        }
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Gate.Pending), Soon);
    }
}
