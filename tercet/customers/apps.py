from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "tercet.customers"
