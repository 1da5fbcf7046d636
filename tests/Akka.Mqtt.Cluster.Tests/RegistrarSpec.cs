using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Tests;

public sealed class RegistrarSpec
{
    private static readonly UniqueAddress Self = Node(1);
    private static readonly UniqueAddress Other = Node(2);
    private static readonly SessionKey Key = new("", null, "client");

    private readonly List<(UniqueAddress To, DirectoryMessage Message)> _sent = [];
    private readonly Members _members = new([Self, Other]);
    private readonly Registrar _registrar;
    private readonly long _term;

    public RegistrarSpec()
    {
        _registrar = new Registrar(Self, (to, message) => _sent.Add((to, message)));
        _registrar.Begin(_members, 1000);
        _term = _sent.Select(static each => each.Message).OfType<ReportWanted>().First().Term;
    }

    private static UniqueAddress Node(int port) => new(new Address("akka.tcp", "mqtt", "host", port), port);

    private Grant Claim(UniqueAddress node, long request)
    {
        _sent.Clear();
        _registrar.Receive(new Claims(node, _term, [new SessionClaim(Key, request, 0)]));
        return _sent.Select(static each => each.Message).OfType<Grants>().Single().Sessions.Single();
    }

    [Fact]
    public void A_report_that_is_repeated_late_takes_no_session_from_its_owner()
    {
        var report = new Report(Other, _term, 0, true, [new ReportedSession(Key, 5, IsMoving: true)]);
        var taken = new Settled(Other, _term, [new SettledSession(Key, 5, IsTaken: true)]);
        _registrar.Receive(new Report(Self, _term, 0, true, []));
        _registrar.Receive(report);
        _registrar.Receive(taken);
        var grant = Claim(Self, 1);
        Assert.Equal(Other, grant.Before);
        _registrar.Receive(new Settled(Self, _term, [new SettledSession(Key, grant.Epoch, IsTaken: true)]));
        // The other node missed the term for a moment, and what it said before comes again.
        _registrar.Receive(new TermWanted(Other, _members.Number));
        _registrar.Receive(report);
        _registrar.Receive(taken);
        _registrar.Receive(new Ended(Other, _term, [new KeyEpoch(Key, 5)]));
        Assert.Equal(Self, Claim(Other, 2).Before);
    }

    [Fact]
    public void A_node_that_wants_the_term_learns_it_also_after_its_report()
    {
        _registrar.Receive(new Report(Other, _term, 0, true, []));
        _sent.Clear();
        _registrar.Receive(new TermWanted(Other, _members.Number));
        Assert.Equal((Other, new ReportWanted(Self, _members.Number, _term, 0)), _sent.Single());
    }
}
