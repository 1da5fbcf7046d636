using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>How often all connections are compared, by virtual time.</summary>
public sealed class BusyClientsSpec
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ServerContext _context;

    public BusyClientsSpec() => _context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty), _clock);

    [Theory]
    [InlineData(0, 2)] // no time to speak of: each second
    [InlineData(50, 1)] // the comparison takes 50 ms: not for 5 s
    public void Clients_are_compared_each_second_unless_that_takes_more_than_a_hundredth_of_a_core(int milliseconds, int afterASecond)
    {
        var busy = new BusyClients(_context);
        Connect("first");
        _clock.AutoAdvanceAmount = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(1, busy.Take(10).Connected);
        _clock.AutoAdvanceAmount = TimeSpan.Zero;
        Connect("second");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(afterASecond, busy.Take(10).Connected);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(2, busy.Take(10).Connected);
    }

    private void Connect(string clientId)
    {
        var connection = new ClientConnection(new TransportInfo(MqttTransport.Tcp), MqttVersion.V5, null, 0, _clock.GetUtcNow());
        _context.Clients.Add(new ClientEntry(new SessionKey("", null, clientId), new ActorTarget(clientId, ActorRefs.Nobody, 1)) { Connection = connection });
    }
}
