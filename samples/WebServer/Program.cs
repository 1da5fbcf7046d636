using Microsoft.Extensions.Hosting;
using WebServer;

await using var site = await Site.StartAsync(args);
Console.WriteLine($"{site.Server.Endpoints[0]} and {string.Join(' ', site.Application.Urls)} with path /mqtt");
await site.Application.WaitForShutdownAsync();
