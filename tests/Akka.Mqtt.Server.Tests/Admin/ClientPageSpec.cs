using Akka.Mqtt.Server.Admin;

namespace Akka.Mqtt.Server.Tests;

public sealed class ClientPageSpec
{
    [Fact]
    public void A_page_has_the_first_clients_in_order_however_they_come()
    {
        var page = new ClientPage("b", 3);
        foreach (var id in (string[])["f", "b", "d", "a", "e", "c", "g"])
            page.Add(new ClientInfo(id, null, 0, 0));
        var list = page.ToList(7);
        Assert.Equal(["c", "d", "e"], list.Clients.Select(client => client.ClientId));
        Assert.Equal(7, list.Total);
        Assert.False(page.Accepts("f"));
        Assert.True(page.Accepts("cc"));
    }

    [Fact]
    public void A_page_of_none_is_empty()
    {
        var page = new ClientPage("", 0);
        page.Add(new ClientInfo("a", null, 0, 0));
        Assert.Empty(page.ToList(1).Clients);
    }
}
